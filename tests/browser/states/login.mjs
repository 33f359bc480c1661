import { at, submit } from "./visitors.mjs";

export default (town) => [
  ["login", "anyone", at("/login")],
  ["login-over", "anyone", at("/login?why=over")],
  ["login-left-everywhere", "anyone", at("/login?why=left-everywhere")],
  ["login-not-kept", "anyone", at("/login?why=not-kept")],
  ["login-empty", "anyone", (page) => submit(page, "/login", {})],
  ["login-wrong", "anyone", (page) => submit(page, "/login", { "#card": "1000000000", "#pin": "482913" })],
  ["link", "anyone", at(town.link)],
  ["link-used", "anyone", (page) => submit(page, "/login/none", {})],
];
