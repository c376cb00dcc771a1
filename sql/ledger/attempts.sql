create table mainsql.attempts (
    tree text not null,
    commit_id text not null,
    onto_version integer not null,
    attempted_at timestamptz not null default clock_timestamp(),
    attempted_by text not null,
    error text not null,
    sqlstate text
);

create index on mainsql.attempts (tree, onto_version);

comment on table mainsql.attempts is
    'Deployments that failed, written after their transaction was rolled back. A commit that failed is not tried again by itself.';
comment on column mainsql.attempts.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.attempts.commit_id is 'The commit that failed.';
comment on column mainsql.attempts.onto_version is 'The version that was there, and stayed; 0 for none.';
comment on column mainsql.attempts.attempted_at is 'When it failed.';
comment on column mainsql.attempts.attempted_by is 'Who ran mainsql, as user@host.';
comment on column mainsql.attempts.error is 'The report, as it was shown.';
comment on column mainsql.attempts.sqlstate is 'The error code of the server, if it was the server that refused.';
