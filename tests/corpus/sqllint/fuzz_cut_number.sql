-- expect: RUN015 RUN016
-- prusik:up
0;
