\set v 3
select :v, :'v', :"v", :{?v}, :{?w}, :w, :'w', :"w";