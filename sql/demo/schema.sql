create schema demo;
comment on schema demo is 'What mainsql deploys in its quick start.';
