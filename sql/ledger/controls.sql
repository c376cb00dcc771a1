create table mainsql.controls (
    tree text not null,
    said text not null check (said in ('resumed', 'paused', 'accepted history')),
    said_at timestamptz not null default clock_timestamp(),
    said_by text not null,
    why text not null
);

comment on table mainsql.controls is 'What operators said: the newest word of a kind counts.';
comment on column mainsql.controls.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.controls.said is 'paused: nothing is deployed until it is resumed; resumed: that, and what was rolled back before may be applied again; accepted history: the applied commit need not come before the next.';
comment on column mainsql.controls.said_at is 'When.';
comment on column mainsql.controls.said_by is 'Who, as user@host.';
comment on column mainsql.controls.why is 'The reason that was given.';
