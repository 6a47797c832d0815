"""Fails where a dependency that users of the library compile needs a newer Rust than the library says."""

import json
import sys


def parse(version):
    return tuple(int(part) for part in version.split("."))[:2]


with open(sys.argv[1], encoding="utf-8") as file:
    metadata = json.load(file)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]
allowed = packages[root]["rust_version"]

# Development dependencies are not the business of users.
seen = set()
todo = [root]
while todo:
    id = todo.pop()
    if id in seen:
        continue
    seen.add(id)
    for dependency in nodes[id]["deps"]:
        if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
            todo.append(dependency["pkg"])

if len(seen) < 10:
    sys.exit("too few dependencies: the walk is broken")
newer = sorted(
    f"{package['name']} {package['version']} needs {package['rust_version']}"
    for package in (packages[id] for id in seen)
    if package["rust_version"] and parse(package["rust_version"]) > parse(allowed)
)
if newer:
    sys.exit(f"rust-version is {allowed}, but " + ", ".join(newer))
print(f"none of {len(seen)} packages needs more than Rust {allowed}")
