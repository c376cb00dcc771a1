merge into a using (values (1, 'one')) s (id, name) on a.id = s.id when not matched then insert values (s.id, s.name);
