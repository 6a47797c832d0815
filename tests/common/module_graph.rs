//! Which source file needs which other one, read from the paths in their code.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module below the crate: `["io", "window"]` is `src/io/window.rs`.
pub(crate) type Path = Vec<String>;

/// Source files and what each of them names.
#[derive(Default)]
pub(crate) struct Modules(BTreeMap<Path, Module>);

struct Module {
    /// The leaves of its `use` declarations.
    uses: Vec<Use>,
    /// All other code, without comments, strings and unit tests.
    code: String,
}

/// One leaf of a `use`: the path, and the name that it brings into the module.
struct Use {
    path: Path,
    name: String,
}

impl Modules {
    /// Adds a source file without lines that are comments.
    pub(crate) fn add(&mut self, path: Path, source: &str) {
        let code = without_inline_modules(&without_strings(source));
        let (declarations, code) = split_uses(&code);
        let leaves = declarations.iter().flat_map(|tree| leaves(tree));
        // An inline module that imports an item of its file brings no new name into the file.
        let uses = leaves.filter(|leaf| leaf.path != ["self", &leaf.name]).collect();
        self.0.insert(path, Module { uses, code });
    }

    /// Every pair of files of which the first needs the second.
    ///
    /// A file needs the one that defines an item, not one that only re-exports it. So a parent that
    /// declares and re-exports its children needs none of them; a parent whose own code names
    /// an item of a child does.
    pub(crate) fn edges(&self) -> BTreeSet<(Path, Path)> {
        let mut edges = BTreeSet::new();
        for (from, module) in &self.0 {
            let imported = module.uses.iter().filter(|leaf| {
                let is_below = self.resolve(from, &leaf.path).is_some_and(|target| target.starts_with(from));
                !is_below || mentions(&module.code, &leaf.name)
            });
            let named = paths(&module.code);
            for path in imported.map(|leaf| &leaf.path).chain(&named) {
                edges.extend(self.resolve(from, path).filter(|to| to != from).map(|to| (from.clone(), to)));
            }
        }
        edges
    }

    /// The file that defines what `path` means in the module `from`, or `None` if that is another
    /// crate.
    fn resolve(&self, from: &Path, path: &[String]) -> Option<Path> {
        let mut module = from.clone();
        for (at, segment) in path.iter().enumerate() {
            let child = [&module[..], std::slice::from_ref(segment)].concat();
            match segment.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()),
                _ if self.0.contains_key(&child) => module = child,
                name => {
                    let alias = self.0.get(&module)?.uses.iter().find(|leaf| leaf.name == name);
                    return match alias {
                        // A path that means itself is one of another crate.
                        Some(leaf) if leaf.path != path => {
                            self.resolve(&module, &[&leaf.path[..], &path[at + 1..]].concat())
                        }
                        // An item of this module, unless the path starts with the name of a crate.
                        _ => (at > 0).then_some(module),
                    };
                }
            }
        }
        Some(module)
    }
}

/// The sets of files each of which needs all others of its set, if only through them.
pub(crate) fn circles(edges: &BTreeSet<(Path, Path)>) -> BTreeSet<BTreeSet<Path>> {
    let reachable = |start: &Path| {
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(from) = next.pop() {
            next.extend(edges.iter().filter(|(file, to)| file == from && seen.insert(to.clone())).map(|(_, to)| to));
        }
        seen
    };
    let reached: BTreeMap<_, _> = edges.iter().map(|(from, _)| (from, reachable(from))).collect();
    let circle = |file: &Path| -> BTreeSet<Path> {
        let others = reached[file].iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(file)));
        others.cloned().collect()
    };
    reached.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

/// Takes out unit tests, and makes the paths of other inline modules those of their file.
fn without_inline_modules(source: &str) -> String {
    let mut code = String::new();
    let mut inside: Option<(String, bool)> = None;
    for line in source.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if let Some((end, is_test)) = &inside {
            if !is_test {
                code += &line.replace("super::", "self::");
                code.push('\n');
            }
            if line == end {
                inside = None;
            }
        } else if let [.., "mod", name, "{"] = words[..] {
            let indent = &line[..line.len() - line.trim_start().len()];
            inside = Some((format!("{indent}}}"), name == "tests"));
        } else {
            code += line;
            code.push('\n');
        }
    }
    code
}

/// The trees of the `use` declarations, and the code around them.
fn split_uses(code: &str) -> (Vec<String>, String) {
    let (mut trees, mut rest) = (Vec::new(), String::new());
    let mut open = false;
    for line in code.lines() {
        let declaration = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        let start = declaration.trim_start_matches("pub ").strip_prefix("use ");
        match (start, open) {
            (Some(tree), _) => trees.push(tree.to_string()),
            (None, true) => *trees.last_mut().unwrap() += line,
            (None, false) => {
                rest += line;
                rest.push('\n');
            }
        }
        open = (open || start.is_some()) && !line.trim_end().ends_with(';');
    }
    (trees, rest)
}

/// The leaves of a tree such as `a::{b, c::{self, d as e}};`.
fn leaves(tree: &str) -> Vec<Use> {
    let tree = tree.trim().trim_end_matches(';').trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let mut path: Path = path.split("::").map(|segment| segment.trim().into()).collect();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = alias.map_or_else(|| path.last().unwrap().clone(), |alias| alias.trim().into());
        return vec![Use { path, name }];
    };
    let group = group.strip_suffix('}').expect("a group that ends the tree");
    let (mut depth, mut start) = (0, 0);
    let mut parts = Vec::new();
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.iter().filter(|part| !part.is_empty()).flat_map(|part| leaves(&format!("{prefix}{part}"))).collect()
}

/// The paths in code, of two segments or more.
fn paths(code: &str) -> Vec<Path> {
    let words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    words.map(|word| word.split("::").map(String::from).collect::<Path>()).filter(|path| path.len() > 1).collect()
}

/// Whether code contains a name, other than as that of a field or method.
fn mentions(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(|c| is_part(c) || c == '.') && !code[at + name.len()..].starts_with(is_part)
    })
}

fn without_strings(code: &str) -> String {
    // Every second part stands between quotation marks.
    code.replace("\\\\", "")
        .replace("\\\"", "")
        .replace("'\"'", "")
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\"\"")
}
