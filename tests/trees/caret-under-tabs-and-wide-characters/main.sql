	select '日本', 'é' \! rm -rf /
