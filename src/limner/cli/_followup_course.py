"""From the masks of several visits to the course of one patient's lesions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from limner.cli._followup_file import Plan, VisitTold
from limner.errors import BadValue, GeometryMismatch, UnknownName
from limner.measure.response.course import Course, Finding, Lesion, Size, Visit
from limner.measure.response.matching import Place, matched

if TYPE_CHECKING:
    from limner.image import Image
    from limner.mask import Mask, Object
    from limner.measure.diameter import Caliper


@dataclass(frozen=True)
class Seen:
    """One object of one visit's mask, measured."""

    object: "Object"
    size: Size
    calipers: "tuple[Caliper, Caliper]"
    place: Place


@dataclass(frozen=True, eq=False)
class Looked:
    """One visit with what its files hold.

    likeness   of its scan to the one before, once aligned; None where it was not aligned
    """

    told: VisitTold
    image: "Image | None"
    mask: "Mask | None"
    seen: Mapping[int, Seen]
    likeness: float | None = None


@dataclass(frozen=True, eq=False)
class Followed:
    """A course, and which objects of the masks its lesions are.

    objects   by (visit, lesion): the ids in that visit's mask
    notes     what a reader should look at, one sentence each
    """

    course: Course
    visits: tuple[Looked, ...]
    objects: Mapping[tuple[str, str], tuple[int, ...]]
    notes: tuple[str, ...]


@dataclass
class _Sheet:
    """One visit while it is filled in: what was found of lesions, and which objects they are."""

    visit: Looked
    findings: dict[str, Finding] = field(default_factory=dict)
    ids: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def free(self) -> dict[int, Seen]:
        """The objects that are nobody yet."""
        taken = {each for some in self.ids.values() for each in some}
        return {number: one for number, one in self.visit.seen.items() if number not in taken}


@dataclass
class _Tracks:
    """Every lesion so far, and where it was last seen, in the space of the visit now."""

    lesions: list[Lesion]
    places: dict[str, Place] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    objects: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def followed(plan: Plan) -> Followed:
    """Every visit read and measured, and lesions that the file does not name matched by place.

    Raises BadValue and what reading the files raises.
    """
    if not plan.visits:
        raise BadValue("There is no visit. Write [[visit]] with a date and a mask for each.")
    tracks = _Tracks([each.lesion for each in plan.lesions])
    looked: list[Looked] = []
    found: list[Visit] = []
    for told in sorted(plan.visits, key=lambda each: each.on):
        visit = look(told, plan.classes)
        if looked and plan.align:
            visit = _carry(looked[-1], visit, tracks)
        looked.append(visit)
        found.append(_found(plan, visit, tracks, first=len(looked) == 1))
    course = Course(tuple(tracks.lesions), tuple(found), plan.patient)
    return Followed(course, tuple(looked), tracks.objects, tuple(tracks.notes))


def look(told: VisitTold, classes: tuple[str, ...] = ()) -> Looked:
    """One visit's files, and the size of every lesion in its mask."""
    from limner.cases.open import read
    from limner.cases.save import read_mask

    image = None if told.scan is None else read(told.scan, series=told.series)
    if told.mask is None:
        return Looked(told, image, None, {})
    mask = read_mask(told.mask, grid=None if image is None else image.grid)
    if mask.grid.scale != "patient":
        raise BadValue(
            f"The mask '{told.mask.name}' of '{told.name}' has the scale '{mask.grid.scale}'. "
            "Response is judged in millimetres in the patient: give masks of CT or MR volumes."
        )
    if image is not None and not image.grid.matches(mask.grid):
        raise GeometryMismatch(
            f"At '{told.name}' the mask has shape {mask.grid.shape} and the scan "
            f"{image.grid.shape}, or they lie elsewhere. Give the scan that was outlined."
        )
    wanted = [each for each in mask.objects if not classes or each.label in classes]
    kept = [each for each in wanted if each.id not in told.ignore]
    seen = {each.id: one for each in kept if (one := _seen(mask, each)) is not None}
    return Looked(told, image, mask, seen)


def _seen(mask: "Mask", about: "Object") -> Seen | None:
    from limner.measure import Subject
    from limner.measure.diameter import diameters_mm
    from limner.measure.volume import volume_ml

    subject = Subject(mask.where(about.id), mask.grid, about.slices)
    calipers = diameters_mm(subject)
    if calipers is None:
        return None
    volume = None if subject.flat or not subject.closed else volume_ml(subject)
    size = Size(calipers[0].length, calipers[1].length, volume)
    return Seen(about, size, calipers, Place.of(about.id, subject))


def _carry(before: Looked, now: Looked, tracks: _Tracks) -> Looked:
    """Bring the places of all lesions into the space of the visit now."""
    from limner.cases.rigid import rigid

    if before.image is None or now.image is None or not (_deep(before) and _deep(now)):
        tracks.notes.append(
            f"'{now.told.name}' was not aligned to '{before.told.name}': a scan is missing, or is "
            "one slice. Lesions were matched where they lie."
        )
        return now
    move = rigid(before.image, now.image)
    for name, place in tracks.places.items():
        middle, *points = (
            (float(x), float(y), float(z))
            for x, y, z in move.carry([place.middle_mm, *place.points_mm])
        )
        tracks.places[name] = Place(place.id, middle, tuple(points))
    return replace(now, likeness=move.likeness)


def _deep(visit: Looked) -> bool:
    """Whether a scan has slices and a place in a patient, so that it can be aligned."""
    grid = None if visit.image is None else visit.image.grid
    return grid is not None and grid.placed and grid.shape[0] > 1


def _found(plan: Plan, visit: Looked, tracks: _Tracks, *, first: bool) -> Visit:
    """What was found of every lesion at one visit: as told, by name, or by place."""
    name = visit.told.name
    sheet = _Sheet(visit)
    for each in plan.lesions:
        entry = each.at.get(name)
        if isinstance(entry, Finding):
            sheet.findings[each.lesion.name] = entry
        elif entry is not None:
            sheet.ids[each.lesion.name] = entry
    _by_name(sheet, tracks)
    _check(sheet)
    if first and sheet.free:
        raise BadValue(
            f"The mask of the baseline '{name}' holds the objects "
            f"{', '.join(map(str, sorted(sheet.free)))}, which no lesion names. Name them, or "
            "write them into 'ignore' of the visit, or say with 'classes' which are lesions."
        )
    if not first and visit.mask is not None:
        _by_place(sheet, tracks)
    for number in sorted(sheet.free):
        sheet.ids[_new(visit, number, tracks)] = (number,)
    for lesion, some in sheet.ids.items():
        sizes = tuple(visit.seen[number].size for number in some)
        sheet.findings[lesion] = Finding(sizes=sizes)
        tracks.places[lesion] = _joined([visit.seen[number].place for number in some])
        tracks.objects[name, lesion] = some
        tracks.uids[lesion] = visit.seen[some[0]].object.tracking_uid
    slice_mm = None if visit.mask is None else visit.mask.grid.spacing_mm[0]
    return Visit(name, visit.told.on, tuple(sheet.findings.items()), slice_mm)


def _by_name(sheet: _Sheet, tracks: _Tracks) -> None:
    """Objects that are called like a lesion, or have its tracking uid, are that lesion."""
    for lesion in tracks.lesions:
        name, uid = lesion.name, tracks.uids.get(lesion.name)
        if name not in sheet.findings and name not in sheet.ids:
            free = {number: one.object for number, one in sheet.free.items()}
            own = {name, uid} - {"", None}
            same = tuple(n for n, o in free.items() if own & {o.name, o.tracking_uid})
            if same:
                sheet.ids[name] = same


def _check(sheet: _Sheet) -> None:
    """Refuse objects that are not there, or that two lesions claim."""
    owner: dict[int, str] = {}
    here = sheet.visit.told.name
    for lesion, some in sheet.ids.items():
        for number in some:
            if number not in sheet.visit.seen:
                known = [str(each) for each in sheet.visit.seen]
                raise UnknownName(f"lesion in the mask of '{here}'", str(number), known)
            if number in owner:
                raise BadValue(
                    f"At '{here}' object {number} is both '{owner[number]}' and '{lesion}'. Where "
                    f"two have merged, write 'merged into {owner[number]}' for the other."
                )
            owner[number] = lesion


def _by_place(sheet: _Sheet, tracks: _Tracks) -> None:
    """Lesions that nothing is said of: what lies where they lay."""
    here = sheet.visit.told.name
    silent = [
        each.name
        for each in tracks.lesions
        if each.name in tracks.places and each.name not in {*sheet.findings, *sheet.ids}
    ]
    names = dict(enumerate(silent, start=1))
    before = [replace(tracks.places[name], id=number) for number, name in names.items()]
    found = matched(before, [one.place for one in sheet.free.values()])
    into = dict(found.merged)
    for number, now in found.after:
        name = names[number]
        if now:
            sheet.ids[name] = now
            said = f"{len(now)} objects lie where '{name}' was: it has split."
            note = said if len(now) > 1 else ""
        elif number in into:
            sheet.findings[name] = Finding("merged", into=names[into[number]])
            note = f"'{name}' has merged into '{names[into[number]]}'."
        else:
            sheet.findings[name] = Finding("gone")
            note = (
                f"nothing is outlined where '{name}' was: it is taken as gone. Say 'too small' or "
                "'missing' where that is not so."
            )
        if note:
            tracks.notes.append(f"At '{here}' {note}")


def _new(visit: Looked, number: int, tracks: _Tracks) -> str:
    """Give an object that was nobody before a name, and say so."""
    names = {each.name for each in tracks.lesions}
    about = visit.seen[number].object
    name = about.name if about.name and about.name not in names else ""
    name = name or next(f"new {n}" for n in range(1, 1000) if f"new {n}" not in names)
    tracks.lesions.append(Lesion(name, about.label or "not said", "new"))
    tracks.notes.append(
        f"At '{visit.told.name}' object {number} lies where no lesion was: it is called '{name}' "
        "and counted as new."
    )
    return name


def _joined(places: list[Place]) -> Place:
    """The place of all parts of a split lesion."""
    if len(places) == 1:
        return places[0]
    points = tuple(point for each in places for point in each.points_mm)
    x, y, z = (sum(values) / len(points) for values in zip(*points, strict=True))
    return Place(places[0].id, (x, y, z), points)


def shown(found: Followed) -> Iterator[tuple[Lesion, Looked, tuple[Seen, ...]]]:
    """Every lesion at every visit with the objects that it is there."""
    for lesion in found.course.lesions:
        for visit in found.visits:
            some = found.objects.get((visit.told.name, lesion.name), ())
            yield lesion, visit, tuple(visit.seen[number] for number in some)
