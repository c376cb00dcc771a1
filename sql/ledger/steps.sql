create table mainsql.steps (
    tree text not null,
    version integer not null,
    position integer not null check (position > 0),
    unit text not null,
    action text not null,
    moved_from text,
    digests text[] not null,
    script text not null,
    undo_script text,
    undo_kind text not null,
    undo_reason text,
    undo_digest text,
    undo_together text[] not null default '{}',
    undo_losses text[] not null default '{}',
    duration interval not null,
    primary key (tree, version, position),
    foreign key (tree, version) references mainsql.versions
);

comment on table mainsql.steps is 'What each version did for each unit (file) of its tree, in order.';
comment on column mainsql.steps.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.steps.version is 'The version, as in mainsql.versions.';
comment on column mainsql.steps.position is 'The order within the version, from 1.';
comment on column mainsql.steps.unit is 'The file, relative to the include root; #2 for its second inclusion.';
comment on column mainsql.steps.action is
    'run: it was new; rerun: it ran again; append: its new statements ran; undo: only its undo script was recorded; move: it has another name; remove: it left the tree and was taken back; revert: what it had grown by was taken back; accept: a person said that it is as it says.';
comment on column mainsql.steps.moved_from is 'The name that it had before, if it moved.';
comment on column mainsql.steps.digests is 'SHA-256 of each statement of the whole unit, as applied from then on.';
comment on column mainsql.steps.script is 'The SQL that ran, with the places it came from; what was accepted, if it did not run.';
comment on column mainsql.steps.undo_script is 'The script that takes the step back; null if there is none.';
comment on column mainsql.steps.undo_kind is 'How it is taken back: nothing, written, derived, previous, or missing.';
comment on column mainsql.steps.undo_reason is 'Why there is no undo script, or what it does.';
comment on column mainsql.steps.undo_digest is 'SHA-256 of the undo script that stood beside the file.';
comment on column mainsql.steps.undo_together is
    'The units that one derived undo script takes back, where it is more than one: in the row of the first of them, '
    'which has the script; in those of the others it is that first one.';
comment on column mainsql.steps.undo_losses is 'What is not as it was after the undo: rows that it does not bring back.';
comment on column mainsql.steps.duration is 'How long its statements took.';
