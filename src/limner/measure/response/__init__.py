"""How a tumour responds over visits: frozen findings in, responses with their reasons out.

    course      lesions, visits and what was found: the value that every criterion reads
    recist      RECIST 1.1, by the sum of diameters
    irecist     iRECIST: progression that waits for its confirmation
    who         the WHO's criteria, by products of two diameters
    volumetric  the same thresholds as volumes, and doubling times
    best        the best overall response, confirmed or not
    matching    which lesion of one visit is which of the next

Nothing here opens a file. Every threshold is a field of a criterion's rules, with its source
beside it; `docs/explanation/response.md` lists them all.
"""
