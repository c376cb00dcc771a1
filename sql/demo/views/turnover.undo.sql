drop view demo.turnover;
