"""What files that hold arrays need: netCDF and NeXus."""

from __future__ import annotations

from importlib.util import find_spec

from ramanfit.errors import InputError

NEEDS = {"nc": ("netcdf", ("h5netcdf",)), "nxs": ("nexus", ("h5py",))}


def check_packages(form: str) -> None:
    """Make sure that a form can be written.

    Raises
    ------
    InputError
        If it needs a package that is not installed.
    """
    extra, packages = NEEDS.get(form, ("", ()))
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise InputError(
            f".{form} needs the package {missing[0]}, which is not installed",
            hint=f"pip install 'ramanfit-cli[{extra}]'",
        )
