"""Where the weather is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from platypush.errors import ArgumentError

__all__ = ["Place", "find_place"]

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One way of saying where: exactly one of the ways is there (``lat`` and ``long`` together)."""

    location: str | None = None
    city_id: int | None = None
    lat: float | None = None
    long: float | None = None
    zip_code: str | None = None

    def __str__(self) -> str:
        if self.city_id is not None:
            return f"city {self.city_id}"
        if self.lat is not None:
            return f"{self.lat}, {self.long}"
        return repr(self.location or self.zip_code)


def find_place(
    location: str | None, city_id: int | None, lat: float | None, long: float | None, zip_code: str | None
) -> Place | None:
    """The place that these say; where there are several, an id counts before coordinates, a postal code and a name.

    None when there is nothing. Raises ArgumentError for half of a pair of coordinates, and for what is not on Earth.
    """
    if city_id is not None:
        return Place(city_id=city_id)
    if (lat is None) != (long is None):
        raise ArgumentError("lat and long go together: give both, in degrees, or neither.")
    if lat is not None and long is not None:
        if not (-90 <= lat <= 90 and -180 <= long <= 180):
            raise ArgumentError(f"{lat}, {long} is not on Earth: lat is -90 to 90, long is -180 to 180, in degrees.")
        return Place(lat=lat, long=long)
    for name, value in (("zip_code", zip_code), ("location", location)):
        if value is not None and value.strip():
            if len(value) > _LONGEST:
                raise ArgumentError(f"{name} is too long: {len(value)} characters, at most {_LONGEST}.")
            text = value.strip()
            return Place(zip_code=text) if name == "zip_code" else Place(location=text)
    return None
