"""DICOM: from the headers of single files to stacks, grids, pixels and volumes.

The way of a series: `header` reads each file's, `stacking` tells which of them form one volume and
where its grid stands, `pixels` decodes it, `volume` puts it together (PET by `suv`), and `series`
answers for all of it. `archive` and `media_directory` open what such files lie in.
"""
