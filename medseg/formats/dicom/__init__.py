"""DICOM: from the headers of single files to stacks, grids, pixels and volumes.

The way of a series: `headers` reads each file's, `kinds` tells images from the rest, `groups`
gathers what forms one volume, `plane` and `stack` place it, `pixels` and `codecs` decode it,
`volume` puts it together, and `series` answers for all of it.
"""
