//! Puts the libraries that libraries.json lists into the executable, as a sorted table of texts.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let root = root.canonicalize().expect("the workspace is there");
    let list = root.join("libraries.json");
    println!("cargo:rerun-if-changed={}", list.display());
    let json = fs::read_to_string(&list).expect("libraries.json is there");
    let json: serde_json::Value = serde_json::from_str(&json).expect("libraries.json is JSON");
    let mut files = Vec::new();
    for folder in json["libraries"].as_object().expect("it has libraries").values() {
        let folder = root.join(folder.as_str().expect("a folder is a text"));
        println!("cargo:rerun-if-changed={}", folder.display());
        collect(&root, &folder, &mut files);
    }
    files.sort();
    let mut text = String::from("const CARRIED_FILES: &[(&str, &str)] = &[\n");
    for (name, path) in files {
        writeln!(text, "({name:?}, include_str!({path:?})),").expect("a string grows");
    }
    text.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("libraries.rs");
    fs::write(out, text).expect("the build folder is writable");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "kz") {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            files.push((name, path));
        }
    }
}
