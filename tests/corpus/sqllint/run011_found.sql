-- expect: RUN011 RUN012
-- prusik:up tx=no
CALL rebuild_search();
-- prusik:down none reason="the example ends here"
