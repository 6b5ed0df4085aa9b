// The shop's own part of a reply: the widget says that somebody replied, and the shop opens its chat.
(() => {
"use strict";
const chat = document.getElementById("chat");
window.addEventListener("outreach:reply", () => {
	chat.hidden = false;
	document.getElementById("chat-title").focus();
});
document.getElementById("chat-close").addEventListener("click", () => { chat.hidden = true; });
})();
