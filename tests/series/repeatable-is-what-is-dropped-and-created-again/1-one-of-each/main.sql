\i code.sql
