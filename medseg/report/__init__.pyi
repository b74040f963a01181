from .montage import write_montage as write_montage
