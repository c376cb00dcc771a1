select -1;
