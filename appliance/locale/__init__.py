"""The catalogues of the office's languages: `<language>.rules.po` and `<language>.pages.po`."""
