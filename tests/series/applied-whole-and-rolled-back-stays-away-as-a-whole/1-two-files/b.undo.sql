select -2;
