"""Documents of feeds: every dialect, broken ones and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.errors import ActionFailed
from platypush.plugins.rss._document import Document, Entry, parse

FEEDS = Path(__file__).resolve().parents[3] / "fixtures" / "rss"
URL = "https://feeds.example.org/sub/feed.xml"
NOW = 1_795_440_000.0  # 2026-11-23 13:20 UTC


def read(name: str, content_type: str | None = None) -> Document:
    return parse((FEEDS / name).read_bytes(), URL, content_type=content_type, now=NOW)


def of(items: str) -> tuple[Entry, ...]:
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    return parse(body.encode(), URL, now=NOW).entries


@pytest.mark.parametrize(
    ("name", "feed", "titles"),
    [
        ("rss091.xml", "Harbour Log", ["The Anna Maria has docked", "Fog until noon"]),
        ("rss10.rdf", "Library Additions", ["A Field Guide to Lichens"]),
        ("rss20.xml", "Valley Courier & Gazette", ["Bridge reopens \u2013 at last", "Market day moved to Friday"]),
        ("atom.xml", "Notes from the Kiln", ["Ash glazes", "Cones < 6"]),
        ("atom03.xml", "Old Observatory", ["Occultation tonight"]),
        ("media.xml", "Workshop Films", ["Sharpening a plane iron"]),
        ("podcast.xml", "Night Trains", ["12: Sleeping to Narvik"]),
        ("latin1.xml", "Café Müller", ["Crêpe à la carte"]),
        ("utf16.xml", "Szczebrzeszyn", ["Chrząszcz brzmi w trzcinie"]),
        ("wrong-encoding.xml", "Says UTF-8", ["But is café in Latin-1"]),
        ("broken.xml", "Fish & Chips", ["Salt & vinegar new", "Peas"]),
        ("empty.xml", "Nothing yet", []),
    ],
)
def test_each_dialect_is_read(name: str, feed: str, titles: list[str]) -> None:
    document = read(name)
    assert document.title == feed
    assert [entry.title for entry in document.entries] == titles


def test_an_entry_has_all_that_the_feed_says_of_it() -> None:
    bridge, market = read("rss20.xml").entries
    assert bridge.to_dict(URL, "Courier") | {"content": ""} == {
        "feed_url": URL,
        "feed_title": "Courier",
        "id": "tag:courier,2026:bridge",
        "url": "https://courier.example.org/2026/bridge",
        "title": "Bridge reopens \u2013 at last",
        "summary": "After <b>two years</b> of work.",
        "content": "",
        "author": "Ida Holm",
        "tags": ["Roads", "Local"],
        "image": None,
        "enclosures": [],
        "published": "2026-11-22T17:00:00+00:00",
    }
    assert market.image == "https://courier.example.org/img/market.png"
    assert market.enclosures == ({"url": market.image, "type": "image/png", "length": 34512},)


def test_addresses_in_an_article_start_at_its_page_or_where_the_feed_says() -> None:
    bridge = read("rss20.xml").entries[0]
    assert 'href="https://courier.example.org/map"' in str(bridge.content)
    assert 'src="https://courier.example.org/2026/img/bridge.jpg"' in str(bridge.content)
    ash = read("atom.xml").entries[0]
    assert ash.url == "https://kiln.example.org/blog/ash-glazes"
    assert 'href="https://kiln.example.org/shop"' in str(ash.content)


def test_a_content_is_not_kept_twice_but_shown_as_summary_too() -> None:
    ash = read("atom.xml").entries[0]
    assert ash.summary is None
    assert ash.to_dict(URL, None)["summary"] == ash.content


def test_films_and_episodes_have_pictures_and_files() -> None:
    film = read("media.xml").entries[0]
    assert film.image == "https://img.example.org/q1/hq.jpg"
    assert film.enclosures == ({"url": "https://films.example.org/v/q1.mp4", "type": "video/mp4", "length": 7340032},)
    episode = read("podcast.xml").entries[0]
    assert episode.url is None
    assert episode.image == "https://trains.example.org/12.jpg"
    assert episode.enclosures[0]["url"] == "https://cdn.example.org/trains/12.mp3"


def test_nothing_in_a_strangers_html_runs_or_leads_out_of_the_web() -> None:
    document = read("hostile.xml")
    assert document.link is None
    assert document.title == "Nice title"
    first, second, *_ = document.entries
    assert first.url is None
    assert first.published is None
    assert second.url is None
    assert second.enclosures == ()
    text = str(first.summary)
    for word in ("script", "onerror", "onclick", "iframe", "form", "data:", "style", "class", "id=", "svg", "evil"):
        assert word not in text.lower()
    assert "<p>text</p>" in text
    assert 'href="mailto:me@example.org"' in text


def test_entries_that_share_an_identifier_are_told_apart_and_true_twins_are_one() -> None:
    titles = [entry.title for entry in read("hostile.xml").entries]
    assert titles[2:] == ["Same identifier, first", "Same identifier, second", "Quite the same"]


def test_an_identifier_makes_it_the_same_entry_whatever_else_changes() -> None:
    before = of("<item><title>a</title><link>http://x.example/1</link><guid>http://x.example/1</guid></item>")
    after = of("<item><title>b</title><link>http://x.example/2</link><guid>http://x.example/1</guid></item>")
    assert before[0].key == after[0].key


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 23 Nov 2026 13:00:00 GMT", "2026-11-23T13:00:00+00:00"),
        ("2026-11-23T14:00:00+01:00", "2026-11-23T13:00:00+00:00"),
        ("Mon, 23 Nov 2026 20:00:00 GMT", "2026-11-23T20:00:00+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Thu, 01 Jan 1953 00:00:00 GMT", None),
        ("yesterday, around noon", None),
        ("", None),
    ],
)
def test_a_date_that_cannot_be_true_is_none(date: str, expected: str | None) -> None:
    entry = of(f"<item><title>x</title><pubDate>{date}</pubDate></item>")[0]
    assert entry.to_dict(URL, None)["published"] == expected


def test_a_clock_that_is_not_set_makes_no_date_a_lie() -> None:
    body = b"<rss version='2.0'><channel><item><title>x</title><pubDate>Mon, 23 Nov 2026 13:00:00 GMT</pubDate></item>"
    assert parse(body + b"</channel></rss>", URL, now=1_000.0).entries[0].published == 1_795_438_800.0


@pytest.mark.parametrize("name", ["bomb.xml", "external-entity.xml"])
def test_documents_with_entities_of_their_own_are_refused(name: str) -> None:
    with pytest.raises(ActionFailed, match="declares entities"):
        read(name)


def test_a_document_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ActionFailed, match="deeper than 200"):
        of("<a>" * 300 + "</a>" * 300)


def test_a_document_with_too_many_elements_is_refused() -> None:
    with pytest.raises(ActionFailed, match="300000 elements"):
        of("<a/>" * 300_001)


@pytest.mark.parametrize("body", [b"", b"hello", b"/etc/passwd", b"http://127.0.0.1:1/", b"{}", b"\x00\xff\xfe\x00"])
def test_what_is_no_feed_is_an_error_and_nothing_is_opened(body: bytes) -> None:
    with pytest.raises(ActionFailed, match="no feed"):
        parse(body, URL, now=NOW)


def test_the_name_of_a_file_is_not_opened() -> None:
    with pytest.raises(ActionFailed, match="no feed"):
        parse(str(FEEDS / "rss20.xml").encode(), URL, now=NOW)


def test_a_page_in_place_of_a_feed_is_an_error() -> None:
    with pytest.raises(ActionFailed, match="no feed"):
        read("page.html", "text/html")


def test_the_encoding_of_the_answer_counts_where_the_document_names_none() -> None:
    body = '<rss version="2.0"><channel><title>Müller</title></channel></rss>'.encode("latin-1")
    assert parse(body, URL, content_type="application/xml; charset=iso-8859-1", now=NOW).title == "Müller"


def test_a_thousand_entries_are_read_and_no_more() -> None:
    entries = of("".join(f"<item><title>n{n}</title><guid>g{n}</guid></item>" for n in range(1_200)))
    assert [entry.title for entry in entries[:2]] == ["n0", "n1"]
    assert len(entries) == 1_000


def test_texts_are_cut_to_a_length_that_can_be_shown() -> None:
    entry = of(f"<item><title>{'x' * 5_000}</title><description>{'y' * 100_000}</description></item>")[0]
    assert len(str(entry.title)) == 500
    assert len(str(entry.summary)) == 65_536


def test_html_that_is_nothing_but_tags_becomes_text() -> None:
    entry = of(f"<item><title>t</title><description>{'&lt;div&gt;' * 11_000}word &amp;lt;</description></item>")[0]
    assert entry.summary == "word &lt;"


def test_characters_that_change_the_direction_or_the_terminal_are_left_out() -> None:
    entry = of("<item><title>a\u202eb\u2066c\x7fd</title></item>")[0]
    assert entry.title == "abcd"
