create table mainsql.versions (
    tree text not null check (tree <> ''),
    version integer not null check (version > 0),
    commit_id text not null,
    author text not null,
    message text not null,
    signer text,
    signer_key text,
    committed_at timestamptz not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null,
    duration interval not null,
    digest text not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    undo_script text,
    undo_kind text not null,
    undo_proof text not null default 'unproven',
    objects integer,
    rolled_back_at timestamptz,
    rolled_back_by text,
    rolled_back_why text,
    previous_hash text not null,
    primary key (tree, version),
    check ((rolled_back_at is null) = (rolled_back_by is null)),
    check ((signer is null) = (signer_key is null)),
    check (undo_script is not null or undo_kind = 'missing')
);

comment on table mainsql.versions is
    'One row for each change of a tree in this database, numbered without gaps. Rows are never deleted: what was rolled back is marked.';
comment on column mainsql.versions.tree is 'The name of the tree; mainsql is the ledger itself.';
comment on column mainsql.versions.version is 'The number of the change, from 1, for each tree.';
comment on column mainsql.versions.commit_id is 'The commit that was deployed: a git hash, or rN.';
comment on column mainsql.versions.author is 'Who wrote the commit.';
comment on column mainsql.versions.message is 'The message of the commit.';
comment on column mainsql.versions.signer is
    'Whose signature of the commit was verified: the principal (SSH) or user id (OpenPGP); null where that was not asked for.';
comment on column mainsql.versions.signer_key is 'The fingerprint of the key that signed it.';
comment on column mainsql.versions.committed_at is 'When the commit was made.';
comment on column mainsql.versions.applied_at is 'When it was deployed, by the clock of this server.';
comment on column mainsql.versions.applied_by is 'Who ran mainsql, as user@host.';
comment on column mainsql.versions.duration is 'How long its statements took.';
comment on column mainsql.versions.digest is 'SHA-256 of what the tree resolved to.';
comment on column mainsql.versions.transaction_id is 'The transaction that did it: its statements and this row are one.';
comment on column mainsql.versions.undo_script is 'The script that takes this version back; null if there is none.';
comment on column mainsql.versions.undo_kind is 'How it is taken back: nothing, written, derived, previous, or missing.';
comment on column mainsql.versions.undo_proof is
    'What is known of the undo script because it was run and the catalogs were compared: unproven, proven, proven but for order, lossy, or failed.';
comment on column mainsql.versions.objects is
    'How many objects it made, changed or dropped (see mainsql.objects); null where nobody looked.';
comment on column mainsql.versions.rolled_back_at is 'When it was taken back; null while it is applied.';
comment on column mainsql.versions.rolled_back_by is 'Who took it back, as user@host.';
comment on column mainsql.versions.rolled_back_why is 'The reason that was given.';
comment on column mainsql.versions.previous_hash is
    'The hash of the row before (see mainsql.version_hash), so that a row that was changed later shows.';

-- What never changes of a row goes into its hash; the marks of a rollback do not.
create function mainsql.version_hash(v mainsql.versions) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC'
    set datestyle = 'ISO'
    set intervalstyle = 'postgres'
    as $$
        select encode(sha256(convert_to(
            jsonb_build_array(
                v.tree, v.version, v.commit_id, v.author, v.message, v.committed_at, v.applied_at,
                v.applied_by, v.duration, v.digest, v.transaction_id::text, v.undo_script,
                v.undo_kind, v.undo_proof, v.objects, v.signer, v.signer_key, v.previous_hash
            )::text, 'UTF8')), 'hex')
    $$;

comment on function mainsql.version_hash(mainsql.versions) is
    'SHA-256 of what never changes of a version; the next version of the tree carries it.';
