drop schema demo;
