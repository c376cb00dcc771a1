create table mainsql.drifts (
    tree text not null,
    version integer not null,
    seen_at timestamptz not null default clock_timestamp(),
    seen_by text not null,
    report text not null
);

create index on mainsql.drifts (tree, seen_at);

comment on table mainsql.drifts is
    'What was seen to be otherwise than versions had left it, a row each time that it was something else.';
comment on column mainsql.drifts.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.drifts.version is 'The version that was there; 0 for none.';
comment on column mainsql.drifts.seen_at is 'When.';
comment on column mainsql.drifts.seen_by is 'Who ran mainsql, as user@host.';
comment on column mainsql.drifts.report is 'What was otherwise, an object a line and more; empty where nothing is any more.';
