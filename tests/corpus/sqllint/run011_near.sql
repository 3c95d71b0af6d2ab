-- expect: RUN012
-- prusik:up tx=no
-- prusik:probe SELECT EXISTS (SELECT FROM search_state WHERE built)
CALL rebuild_search();
-- prusik:down none reason="the example ends here"
