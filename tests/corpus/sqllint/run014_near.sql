-- expect: nothing
SELECT E'\\set is text here';
