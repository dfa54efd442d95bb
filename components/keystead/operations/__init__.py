"""What people do to a deployed environment, without a terminal: status, rotation, values, the policy pack.

Nothing here prints, asks or renders: an operation returns data, and reports what it waits for through a `Progress`.
Each cloud's side is in the package of that name, which is imported when an environment is on that cloud; the registries
(`OBSERVERS`, `ROTATIONS`, `STORES`) name it, so that a further cloud is a package and three entries. Change a cloud's
side without looking at the other, and wording here without looking at `cli`, except for the JSON documents it writes.
"""
