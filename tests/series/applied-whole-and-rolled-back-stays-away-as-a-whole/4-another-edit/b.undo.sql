select -4;
