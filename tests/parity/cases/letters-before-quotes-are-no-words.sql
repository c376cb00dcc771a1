create B'' function f() begin atomic select 3; end;
create N'' or n'' replace x'' procedure f() begin atomic select 4; end;
create u& function f() begin atomic select 5; end;
create b function f() begin atomic select 6; end;
