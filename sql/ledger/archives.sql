-- It may be there: what is in it outlives a ledger that somebody dropped.
create schema if not exists mainsql_archive;
comment on schema mainsql_archive is
    'Rows that versions took away, kept so that their undo can put them back: see mainsql.archives.';

create table mainsql.archives (
    tree text not null,
    version integer not null,
    position integer not null check (position > 0),
    kind text not null check (kind in ('table', 'column')),
    identity text not null,
    archive name not null unique,
    row_count bigint not null,
    bytes bigint not null,
    kept_at timestamptz not null default clock_timestamp(),
    dropped_at timestamptz,
    dropped_by text,
    dropped_why text,
    was_needed boolean,
    primary key (tree, version, position),
    foreign key (tree, version) references mainsql.versions,
    check (num_nulls(dropped_at, dropped_by, dropped_why, was_needed) in (0, 4))
);

comment on table mainsql.archives is
    'The rows that each version took away and that were kept. Rows of this table are never deleted: an archive that was dropped is marked.';
comment on column mainsql.archives.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.archives.version is 'The version that took them away, as in mainsql.versions.';
comment on column mainsql.archives.position is 'The order within the version, from 1.';
comment on column mainsql.archives.kind is
    'table: all rows of a table; column: the values of a column, each with the key of its row.';
comment on column mainsql.archives.identity is 'The table or the column, as SQL has it under an empty search_path.';
comment on column mainsql.archives.archive is 'The table in the schema mainsql_archive that has them.';
comment on column mainsql.archives.row_count is 'How many rows were kept.';
comment on column mainsql.archives.bytes is 'How much room they took when they were kept.';
comment on column mainsql.archives.kept_at is 'When they were kept.';
comment on column mainsql.archives.dropped_at is 'When its rows were dropped; null while they are there.';
comment on column mainsql.archives.dropped_by is 'Who dropped them, as user@host.';
comment on column mainsql.archives.dropped_why is 'Why: its rows are where they were before, or it was pruned.';
comment on column mainsql.archives.was_needed is
    'Whether the undo of a version needed it: then the table is still there, without its rows, and the undo runs, but does not put them back.';
