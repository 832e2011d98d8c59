/** The version of package.json, which the build does not read at run time: a single binary has no package beside it. */
export const VERSION = "0.1.0";
