select -3;
