"""Scenes: the labels are exact, consistent, and the same every time."""

import numpy as np
import pytest
from scipy import ndimage

from dice.course.scenes import CLASS_NAMES, scene

SCENES = [
    scene(seed=0),
    scene(seed=1, objects=["disk", "disk", "triangle"], size=0.1),
    scene(seed=2, objects=12, size=0.001, touching=False),
    scene(seed=3, shape=(40, 30), objects=2, max_hidden=0),
    scene(seed=4, objects=0),
]


@pytest.mark.parametrize("made", SCENES, ids=repr)
def test_the_class_of_a_pixel_is_the_class_of_its_object(made):
    assert np.array_equal(made.semantic, made.class_of_id[made.instance])


@pytest.mark.parametrize("made", SCENES, ids=repr)
def test_no_object_vanishes(made):
    ids = np.unique(made.instance[made.instance > 0])
    assert ids.tolist() == [item.id for item in made.objects]
    assert all(item.area > 0 for item in made.objects)


@pytest.mark.parametrize("made", SCENES, ids=repr)
def test_each_object_is_described_as_it_was_drawn(made):
    for item, full in zip(made.objects, made.full_masks, strict=True):
        visible = made.instance == item.id
        top, left, bottom, right = item.box
        assert item.area == visible.sum() == visible[top:bottom, left:right].sum()
        assert visible[top].any()
        assert visible[bottom - 1].any()
        assert visible[:, left].any()
        assert visible[:, right - 1].any()
        assert item.full_area == full.sum()
        assert np.array_equal(full & visible, visible)
        assert item.class_name == made.class_names[item.class_id]


@pytest.mark.parametrize("made", SCENES, ids=repr)
def test_later_objects_lie_in_front(made):
    expected = np.zeros_like(made.instance)
    for k, full in enumerate(made.full_masks, start=1):
        expected[full] = k
    assert np.array_equal(made.instance, expected)


@pytest.mark.parametrize("made", SCENES, ids=repr)
def test_the_picture_is_rgb_between_0_and_1_and_read_only(made):
    assert made.image.shape == (*made.semantic.shape, 3)
    assert 0 <= made.image.min() <= made.image.max() <= 1
    for array in (made.image, made.semantic, made.instance, made.full_masks):
        assert not array.flags.writeable


def test_an_object_that_nothing_covers_is_one_piece():
    for seed in range(100):
        for full in scene(seed, size=(0.001, 0.05), objects=6).full_masks:
            assert ndimage.label(full)[1] == 1


def test_the_seed_decides():
    first, again, other = scene(seed=7), scene(seed=7), scene(seed=8)
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.instance, again.instance)
    assert not np.array_equal(first.instance, other.instance)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1])
def test_size_is_the_share_of_the_picture(share):
    for seed in range(5):
        made = scene(seed=seed, shape=(192, 256), objects=3, size=share)
        for item in made.objects:
            assert item.full_area == pytest.approx(share * made.semantic.size, rel=0.2)


@pytest.mark.parametrize("most", [0.2, 0])
def test_max_hidden_bounds_what_is_covered(most):
    objects = [item for seed in range(20) for item in scene(seed, max_hidden=most).objects]
    hidden = [1 - item.area / item.full_area for item in objects]
    assert max(hidden) <= most
    assert (max(hidden) > 0) == (most > 0)


def test_objects_that_do_not_touch_have_background_between_them():
    for seed in range(10):
        instance = scene(seed, touching=False).instance
        for axis in (0, 1):
            near, far = np.moveaxis(instance, axis, 0)[:-1], np.moveaxis(instance, axis, 0)[1:]
            assert not ((near > 0) & (far > 0) & (near != far)).any()


def test_objects_touch_where_they_may():
    instance = scene(0).instance
    near, far = instance[:, :-1], instance[:, 1:]
    assert ((near > 0) & (far > 0) & (near != far)).any()


def test_the_order_of_names_is_the_order_of_ids():
    made = scene(0, objects=["triangle", "disk"])
    assert [item.class_name for item in made.objects] == ["triangle", "disk"]
    assert made.class_names == CLASS_NAMES
    assert repr(made) == "<Scene: 2 objects on 96 x 128 pixels>"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objects": ["star"]}, "objects must be among .*'star'"),
        ({"size": 0}, "size must be"),
        ({"size": (0.2, 0.1)}, "size must be"),
        ({"size": 1.5}, "size must be"),
        ({"max_hidden": 1}, "max_hidden must be"),
        ({"objects": 30, "size": 0.2}, "no room for object"),
    ],
)
def test_what_cannot_be_made_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        scene(**options)
