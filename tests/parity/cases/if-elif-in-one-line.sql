\if true \\ select 1; \elif false \\ select 2; \else \\ select 3; \endif \\ select 4;
