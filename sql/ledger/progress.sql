create table mainsql.progress (
    tree text primary key,
    version integer not null check (version > 0),
    back_to integer check (back_to >= 0),
    commit_id text,
    author text,
    message text,
    committed_at timestamptz,
    digest text,
    signer text,
    signer_key text,
    steps jsonb,
    proof text not null default 'unproven',
    why text not null default '',
    begun_at timestamptz not null default clock_timestamp(),
    begun_by text not null,
    check (back_to is not null or commit_id is not null)
);

comment on table mainsql.progress is
    'What is under way in several segments (see mainsql.segments), for each tree at most one. Its row goes when the last one is finished.';
comment on column mainsql.progress.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.progress.version is 'The version that is being made, or the one that is being taken back first.';
comment on column mainsql.progress.back_to is 'The version to which a rollback goes back; null for a deploy.';
comment on column mainsql.progress.commit_id is 'The commit that is being deployed; null for the rollback of a version that is complete.';
comment on column mainsql.progress.author is 'Who wrote the commit.';
comment on column mainsql.progress.message is 'The message of the commit.';
comment on column mainsql.progress.committed_at is 'When the commit was made.';
comment on column mainsql.progress.digest is 'SHA-256 of what the tree resolved to.';
comment on column mainsql.progress.signer is 'Whose signature of the commit was verified; null where that was not asked for.';
comment on column mainsql.progress.signer_key is 'The key that it was signed with.';
comment on column mainsql.progress.steps is 'What the version is to do for each unit, as far as it was planned.';
comment on column mainsql.progress.proof is 'What a rehearsal found out about the undo of the version.';
comment on column mainsql.progress.why is 'The reason that was given for a rollback.';
comment on column mainsql.progress.begun_at is 'When it began, by the clock of this server.';
comment on column mainsql.progress.begun_by is 'Who ran mainsql, as user@host.';

create table mainsql.segments (
    tree text not null,
    version integer not null,
    undoes boolean not null,
    position integer not null check (position > 0),
    kind text not null check (kind in ('transaction', 'alone')),
    units text[] not null,
    script text,
    digest text not null,
    subject oid,
    started_at timestamptz,
    started_by text,
    finished_at timestamptz,
    finished_by text,
    transaction_id xid8,
    foreseen jsonb,
    traces jsonb,
    objects jsonb,
    kept jsonb,
    primary key (tree, version, undoes, position),
    check (finished_at is null or started_at is not null)
);

comment on table mainsql.segments is
    'The segments of versions, and of rollbacks, that hold statements which run outside a transaction.';
comment on column mainsql.segments.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.segments.version is 'The version, as in mainsql.progress.';
comment on column mainsql.segments.undoes is 'Whether it is a segment of a rollback.';
comment on column mainsql.segments.position is 'The order in which they run, from 1.';
comment on column mainsql.segments.kind is 'transaction: statements in one transaction; alone: one statement outside any.';
comment on column mainsql.segments.units is 'The files whose statements run in it.';
comment on column mainsql.segments.script is 'The statement that runs alone, behind what sets the stage for it.';
comment on column mainsql.segments.digest is 'SHA-256 of what runs in it: after a crash only the same goes on.';
comment on column mainsql.segments.subject is 'The OID of the index that it drops.';
comment on column mainsql.segments.started_at is
    'When it began; for a transaction, when it was committed. Started and not finished: it is not known yet what came of it.';
comment on column mainsql.segments.started_by is 'Who ran mainsql, as user@host.';
comment on column mainsql.segments.finished_at is 'When it was finished.';
comment on column mainsql.segments.finished_by is 'Who ran mainsql then, or said that it is done.';
comment on column mainsql.segments.transaction_id is 'The transaction that was committed.';
comment on column mainsql.segments.foreseen is
    'How it is taken back, where that has to be known before it runs.';
comment on column mainsql.segments.traces is
    'What ran for each unit, and how that is taken back, until the version is recorded.';
comment on column mainsql.segments.objects is
    'What became of each object, until the version is recorded (see mainsql.objects).';
comment on column mainsql.segments.kept is
    'The rows that were kept, until the version is recorded (see mainsql.archives).';
