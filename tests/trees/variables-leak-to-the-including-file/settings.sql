\set schema 'My Shop'
\set note 'it''s ' :owner '; really'
