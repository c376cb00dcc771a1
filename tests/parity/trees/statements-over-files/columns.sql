\set never used
