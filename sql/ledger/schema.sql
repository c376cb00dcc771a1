create schema mainsql;
comment on schema mainsql is
    'The ledger of mainsql: what was deployed to this database, when, by whom, and how to take it back.';
