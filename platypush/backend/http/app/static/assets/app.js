"use strict";

// The plain page's forms. The session's cookie goes along by itself; scripts never see it.

async function call(path, body) {
  const options = { headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  if (response.status === 401 && path !== "/auth") {
    location.assign("/login?redirect=" + encodeURIComponent(location.pathname));
  }
  const text = await response.text();
  const data = text ? JSON.parse(text) : {};
  if (!response.ok) {
    throw new Error(data.error ? data.error.message : response.statusText);
  }
  return data;
}

function onSubmit(form, work) {
  const output = form.querySelector("output");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    output.className = "";
    output.textContent = "";
    try {
      output.textContent = await work(new FormData(form));
    } catch (error) {
      output.className = "bad";
      output.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit(document.getElementById("execute"), async (fields) => {
  const args = JSON.parse(fields.get("args").trim() || "{}");
  const answer = await call("/execute", { type: "request", action: fields.get("action").trim(), args });
  const { output, errors } = answer.response;
  if (errors.length) {
    throw new Error(errors.join("\n"));
  }
  return output === null ? "Done." : typeof output === "string" ? output : JSON.stringify(output, null, 2);
});

onSubmit(document.getElementById("token"), async (fields) => {
  const days = fields.get("expiry_days");
  const body = { username: fields.get("username"), password: fields.get("password") };
  if (days) {
    body.expiry_days = Number(days);
  }
  const { token } = await call("/auth", body);
  document.querySelector("#token input[type=password]").value = "";
  return token;
});

async function showStatus() {
  const summary = document.querySelector("#status .summary");
  const list = document.querySelector("#status .problems");
  try {
    const { version, device_id: device, daemon, routes } = await call("/health");
    if (daemon && daemon.error) {
      throw new Error(daemon.error.message);
    }
    summary.textContent = `${device} runs Platypush ${version}.`;
    const failed = (routes || []).filter((route) => route.reason).map((route) => `${route.name}: ${route.reason}`);
    for (const problem of [...((daemon && daemon.problems) || []), ...failed]) {
      const item = document.createElement("li");
      item.textContent = typeof problem === "string" ? problem : JSON.stringify(problem);
      list.append(item);
    }
  } catch (error) {
    summary.className = "summary message";
    summary.textContent = error.message;
  }
}

async function offerActions() {
  const document_ = await call("/openapi.json");
  const list = document.getElementById("actions");
  for (const schema of Object.values(document_.components.schemas)) {
    const action = schema.properties && schema.properties.action;
    if (action) {
      const option = document.createElement("option");
      option.value = action.const;
      list.append(option);
    }
  }
}

showStatus();
offerActions().catch(() => {
  // Only the suggestions are missing then; the status says why.
});
