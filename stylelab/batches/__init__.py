"""Many pictures: photos × paintings × settings, painted on one machine or many by Dask."""
