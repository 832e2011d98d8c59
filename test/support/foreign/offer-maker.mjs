// @ts-check
// Runs in the page of a browser, which gets its source text: makes an offer by a recipe of offer-recipes.ts, and tells
// what the browser says to an answer. So it imports nothing.

/**
 * @typedef {{
 *   bundlePolicy: "balanced" | "max-bundle" | "max-compat", parts: string[], direction: string, stopped: number[],
 *   isAnswered: boolean, isReused: boolean,
 * }} Recipe
 */

/** @param {any} Connection - RTCPeerConnection */
export function createOfferMaker(Connection) {
  /** @type {any} */
  let connection;

  /** @param {any} transceivers @param {number[]} stopped */
  async function stopAfterNegotiation(transceivers, stopped) {
    const other = new Connection({ iceServers: [] });
    await connection.setLocalDescription(await connection.createOffer());
    await other.setRemoteDescription(connection.localDescription);
    await other.setLocalDescription(await other.createAnswer());
    await connection.setRemoteDescription(other.localDescription);
    for (const at of stopped) transceivers[at].stop();
    await connection.setLocalDescription(await connection.createOffer());
    await other.setRemoteDescription(connection.localDescription);
    await other.setLocalDescription(await other.createAnswer());
    await connection.setRemoteDescription(other.localDescription);
    other.close();
  }

  return {
    /**
     * @param {Recipe} recipe
     * @param {[string, string][]} changes - regular expressions and what replaces their matches
     * @returns {Promise<{ sdp: string } | { cannot: string }>} the offer, or why the browser does not make it
     */
    async offer(recipe, changes) {
      connection?.close();
      connection = new Connection({ iceServers: [], bundlePolicy: recipe.bundlePolicy });
      try {
        /** @type {any[]} */
        const transceivers = [];
        for (const [at, part] of recipe.parts.entries()) {
          if (part === "data") connection.createDataChannel("x");
          else transceivers[at] = connection.addTransceiver(part, { direction: recipe.direction });
          // An offer in between fixes the order of the sections: a browser puts those of one offer where it likes.
          await connection.setLocalDescription(await connection.createOffer());
        }
        if (recipe.isAnswered && recipe.stopped.length > 0) await stopAfterNegotiation(transceivers, recipe.stopped);
        else for (const at of recipe.stopped) transceivers[at].stop();
        if (recipe.isReused) for (const at of recipe.stopped) connection.addTransceiver(recipe.parts[at]);
        // Our answer comes from another end than the one before, which only a restart allows for.
        const { sdp } = await connection.createOffer({ iceRestart: recipe.stopped.length > 0 });
        const changed = changes.reduce((text, [from, to]) => text.replaceAll(new RegExp(from, "g"), to), sdp);
        await connection.setLocalDescription({ type: "offer", sdp: changed });
        return { sdp: changed };
      } catch (error) {
        return { cannot: String(error) };
      }
    },

    /**
     * @param {string} sdp
     * @returns {Promise<string>} `taken`, or what the browser says against it
     */
    async take(sdp) {
      try {
        await connection.setRemoteDescription({ type: "answer", sdp });
        return "taken";
      } catch (error) {
        return String(error);
      }
    },
  };
}
