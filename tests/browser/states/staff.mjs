import { at, submit } from "./visitors.mjs";

export default () => [
  ["staff-login", "anyone", at("/staff/login")],
  ["staff-login-not-taken", "anyone", at("/staff/login?why=not-taken")],
  ["staff-login-wrong", "anyone", (page) => submit(page, "/staff/login", { "#credential": "pb_0" })],
];
