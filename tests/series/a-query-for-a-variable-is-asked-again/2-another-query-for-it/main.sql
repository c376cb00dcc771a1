select session_user as me \gset
\i a.sql
\i b.sql
