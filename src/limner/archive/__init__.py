"""A hospital's archive: what is in it, its series as folders, and results back into it.

address.py    where an archive is, and what it is to be told of who asks
named.py      archives by name, from a small TOML file; secrets from elsewhere
query.py      what is asked for, and what comes back
way.py        the interface of a way to speak to an archive
ways/         one file per way: the DICOM network, and DICOMweb
search.py     studies, series and instances, level by level
fetch.py      a series into a folder, whole or continued
inbox.py      what has come so far, on disk
store.py      files into the archive, each once
"""
