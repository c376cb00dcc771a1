create table mainsql.objects (
    tree text not null,
    version integer not null,
    catalog text not null,
    key text not null,
    identity text not null,
    kind text not null,
    facts jsonb not null,
    before jsonb,
    after jsonb,
    primary key (tree, version, catalog, identity),
    foreign key (tree, version) references mainsql.versions,
    check (before is distinct from after)
);

comment on table mainsql.objects is
    'What each version made of each object that it touched, by the system catalogs: a rollback is compared with it, and so is the database, to find what was changed by other means.';
comment on column mainsql.objects.tree is 'The tree, as in mainsql.versions.';
comment on column mainsql.objects.version is 'The version, as in mainsql.versions.';
comment on column mainsql.objects.catalog is 'The system catalog that has it, as pg_class.';
comment on column mainsql.objects.key is 'Its OID there, or what stands for it.';
comment on column mainsql.objects.identity is 'Its name, as SQL has it under an empty search_path.';
comment on column mainsql.objects.kind is 'What the server calls it: table, table column, function.';
comment on column mainsql.objects.facts is 'What the catalog does not say of it itself, as what a comment is on.';
comment on column mainsql.objects.before is 'Its properties before the version; null where it was not there.';
comment on column mainsql.objects.after is 'Its properties after the version; null where it was not there any more.';
