\if true \\ select 1; \else \\ select 2; \endif \\ select 3;
