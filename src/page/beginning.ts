/** As every page begins that we write, by which it is known again. */
export const PAGE_BEGINNING = "<!doctype html><!-- a run of mlpackage -->";
