"""Which slices form one volume, in which order, on which grid."""
