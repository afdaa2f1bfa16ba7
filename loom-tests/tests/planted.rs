//! Each plant has its place in the sources, and is another text there. `models planted` builds them, and runs the models.

use loom_tests::planted::PLANTS;
use loom_tests::sites::{Source, sources};

#[test]
fn every_plant_has_its_place() {
    let sources = sources();
    let mut places = Vec::new();
    for plant in PLANTS {
        let at = sources.iter().find_map(|source| {
            let (line, text) = plant.planted(source).filter(|_| source.path == plant.file)?;
            let changed: Vec<_> =
                text.lines().zip(&source.lines).map(|(after, before)| after != before).collect();
            assert!(
                changed[line - 1] && changed.iter().filter(|changed| **changed).count() == 1,
                "{plant:?}"
            );
            Some((plant.file, line))
        });
        places.push(at.unwrap_or_else(|| panic!("the sources have no place for {plant:?}")));
    }
    places.sort();
    places.dedup();
    assert_eq!(places.len(), PLANTS.len(), "two are planted in one place");
}

#[test]
fn a_plant_without_its_place_is_found() {
    let plant = &PLANTS[0];
    assert!(plant.planted(&Source::new(plant.file, "fn f() {}\n")).is_none());
    let comment = format!("// {}\n", plant.text);
    assert!(plant.planted(&Source::new(plant.file, &comment)).is_none());
}
