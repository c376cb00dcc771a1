-- what we sell
CREATE TABLE  A
(
    id INT /* a number */
)